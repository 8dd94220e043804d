//! Was AI used? Catalogue, traps and the labelled corpus.

mod catalogue;
mod change;
mod corpus;
mod laws;
mod traps;

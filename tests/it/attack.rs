//! Known ways around a review gate, by their numbers in the catalogue of attacks; each fails when its defence is removed.

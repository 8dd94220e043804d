# The shipped image: the server without the sandbox, as an unprivileged user.

FROM rust:1.95-bookworm AS build
WORKDIR /src
COPY Cargo.toml Cargo.lock rustfmt.toml clippy.toml ./
COPY src src
COPY config config
COPY migrations migrations
RUN cargo build --release --locked --no-default-features --bin seconder

FROM debian:bookworm-slim
RUN apt-get update \
    && apt-get install --yes --no-install-recommends ca-certificates \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --home-dir /var/lib/seconder --create-home seconder
COPY --from=build /src/target/release/seconder /usr/local/bin/seconder
USER seconder
WORKDIR /var/lib/seconder
EXPOSE 8080
ENTRYPOINT ["seconder"]
CMD ["serve", "--config", "/etc/seconder/seconder.toml"]

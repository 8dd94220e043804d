# syntax=docker/dockerfile:1
#
# The shipped image: the server without the sandbox, as an unprivileged user, without a shell. Its root file system may be
# read-only; state is in /var/lib/seconder, the configuration in /etc/seconder.
#
#   docker build --build-arg SECONDER_COMMIT="$(git rev-parse HEAD)" --tag seconder .
#   docker run --read-only --publish 8080:8080 --volume ./etc:/etc/seconder:ro --volume seconder:/var/lib/seconder seconder
#
# Base images are pinned by tag. Whoever needs the same bytes each time pins them by digest.

FROM rust:1.95-bookworm AS build
WORKDIR /src
COPY Cargo.toml Cargo.lock build.rs ./
COPY src src
COPY config config
COPY migrations migrations
COPY templates templates
COPY packaging/gitlab-verdict.yml packaging/gitlab-verdict.yml
# Which commit this is; there is no repository in here to ask.
ARG SECONDER_COMMIT
# What was built of the dependencies is kept between builds, and of ours what has not changed.
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    --mount=type=cache,target=/src/target \
    cargo build --release --locked --no-default-features --bin seconder \
    && install -D target/release/seconder /out/usr/local/bin/seconder \
    && install -d -o 65532 -g 65532 -m 0700 /out/var/lib/seconder

FROM gcr.io/distroless/cc-debian12:nonroot
ARG SECONDER_COMMIT
LABEL org.opencontainers.image.title="Seconder" \
      org.opencontainers.image.description="A required check for AI-assisted changes: green only once a senior second person approved that exact commit" \
      org.opencontainers.image.licenses="Apache-2.0 OR MIT" \
      org.opencontainers.image.version="0.1.0" \
      org.opencontainers.image.revision="${SECONDER_COMMIT}"
COPY --from=build /out/usr/local/bin/seconder /usr/local/bin/seconder
COPY --from=build --chown=65532:65532 /out/var/lib/seconder /var/lib/seconder
# By number, so that a supervisor can see that it is not root.
USER 65532:65532
WORKDIR /var/lib/seconder
VOLUME /var/lib/seconder
# Whoever publishes the port decides who reaches it.
ENV SECONDER_CONFIG=/etc/seconder/seconder.toml \
    SECONDER_SERVER__LISTEN=0.0.0.0:8080
EXPOSE 8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 CMD ["/usr/local/bin/seconder", "healthcheck"]
ENTRYPOINT ["/usr/local/bin/seconder"]
CMD ["serve"]

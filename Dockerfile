# docker build -t jobboard .
FROM rust:1.95-slim-bookworm AS build
WORKDIR /src
COPY . .
# The caches outlive this layer, hence the copy out of target.
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    --mount=type=cache,target=/src/target \
    cargo build --release --locked --package jobboard \
    && cp target/release/jobboard /usr/local/bin/jobboard

FROM debian:bookworm-slim
# curl asks for the health; the certificates are for mail servers and object stores.
RUN apt-get update \
    && apt-get install --yes --no-install-recommends ca-certificates curl \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --user-group --no-create-home --shell /usr/sbin/nologin jobboard \
    && install --directory --owner=jobboard --group=jobboard --mode=0711 /var/lib/jobboard
COPY --from=build /usr/local/bin/jobboard /usr/local/bin/jobboard
USER jobboard
WORKDIR /var/lib/jobboard
ENV JOBBOARD_DATA_DIR=/var/lib/jobboard \
    JOBBOARD_HTTP_ADDR=0.0.0.0:8000 \
    JOBBOARD_LOG_FORMAT=json
VOLUME /var/lib/jobboard
EXPOSE 8000
ENTRYPOINT ["/usr/local/bin/jobboard"]
CMD ["api"]

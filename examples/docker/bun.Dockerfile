# A program that uses loom, on Bun. Build it in the folder of the program:
#
#     docker build -f bun.Dockerfile -t app . && docker run --cpuset-cpus 0-3 app
#
# With --cpuset-cpus the container has CPUs of its own, and pinning helps. With --cpus it
# shares them, so call pinThreads(false) then.

FROM oven/bun:1.4.5-debian

# Only for more than 32 CPUs, or to find a GPU.
RUN apt-get update \
  && apt-get install -y --no-install-recommends libhwloc15 \
  && rm -rf /var/lib/apt/lists/*

WORKDIR /app
COPY . .
RUN bun install --frozen-lockfile --production

USER bun
CMD ["bun", "main.ts"]

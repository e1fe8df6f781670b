# A program that uses loom, on Deno. Build it in the folder of the program:
#
#     docker build -f deno.Dockerfile -t app . && docker run --cpuset-cpus 0-3 app
#
# With --cpuset-cpus the container has CPUs of its own, and pinning helps. With --cpus it
# shares them, so call pinThreads(false) then.

FROM denoland/deno:debian-2.9.6

# Only for more than 32 CPUs, or to find a GPU.
RUN apt-get update \
  && apt-get install -y --no-install-recommends libhwloc15 \
  && rm -rf /var/lib/apt/lists/*

WORKDIR /app
COPY . .
RUN deno install --frozen

USER deno
# Workers load their module (read), pinning calls libc (ffi), LOOM_… variables are
# settings (env).
CMD ["deno", "run", "--allow-read", "--allow-ffi", "--allow-env", "main.ts"]

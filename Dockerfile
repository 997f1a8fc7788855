# One image for all commands: `worker` unless told, e.g. `docker run IMAGE backfill --wait`. The tests take these very
# steps, without Docker (test/image).
#
# For the same image from the same commit, name the base by its digest:
#     docker build --build-arg NODE_IMAGE=node:24-bookworm-slim@sha256:… .
ARG NODE_IMAGE=node:24-bookworm-slim

FROM ${NODE_IMAGE} AS build
WORKDIR /app
RUN npm install --prefix /opt/yarn @yarnpkg/cli-dist@4.18.1
ENV PATH=/opt/yarn/node_modules/.bin:$PATH
COPY package.json yarn.lock .yarnrc.yml ./
RUN yarn install --immutable
COPY tsconfig.json tsconfig.build.json ./
COPY src ./src
RUN yarn build && yarn workspaces focus --production
# Typings and source maps of the dependencies, half of their size; nothing reads them at run time.
RUN find node_modules -type f \( -name '*.map' -o -name '*.d.ts' -o -name '*.d.mts' -o -name '*.d.cts' \) -delete

FROM ${NODE_IMAGE}
WORKDIR /app
# Within a pod of 256 MiB: docs/performance.md has the peaks. Without limits on its heap a worker at full speed grew to 290
# MB; fewer of glibc's arenas took another 6 to 17 MB off, and large buffers that are mapped, and so given back, as much. But 4
# MB are kept at the heap's end: given back and asked for again with each request, its pages took 1 in 20 of the CPU.
# One thread beside the main one collects and compiles: four were in each other's way on two busy cores.
ENV NODE_ENV=production NODE_OPTIONS="--max-old-space-size=112 --max-semi-space-size=4 --v8-pool-size=1" MALLOC_ARENA_MAX=2 MALLOC_MMAP_THRESHOLD_=524288 MALLOC_TRIM_THRESHOLD_=4194304
COPY --from=build /app/package.json ./
COPY --from=build /app/node_modules ./node_modules
COPY --from=build /app/dist ./dist
# The base's user `node`, by its number: a cluster that demands a user other than root cannot know a name's.
USER 1000:1000
EXPOSE 8001
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s \
  CMD ["node", "-e", "fetch('http://127.0.0.1:' + (process.env.PALDOCS_HEALTH_PORT || 8001) + '/healthz').then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
# Node is process 1. It needs no init such as tini: it handles SIGTERM and SIGINT itself, and starts no processes that
# would have to be reaped.
ENTRYPOINT ["node", "dist/cli.js"]
CMD ["worker"]

import type { World } from './world.ts'

/** Versions that have traffic, by their messages, in percent. */
export const live = (world: World) =>
  Object.fromEntries(
    Object.entries(world.cloudflare.live).map(([id, percent]) => [
      world.cloudflare.versions.find((version) => version.id === id)?.message,
      percent,
    ]),
  )

/**
 * Connections that a node of an Atlas cluster allows, by tier of the general class.
 *
 * Source: MongoDB Atlas documentation, "Atlas Service Limits", section "Connection Limits and Cluster Tier"
 * (mongodb.com/docs/atlas/reference/atlas-limits), read on 2026-11-30. The limit is one of open connections: MongoDB has
 * none on active ones.
 */
export const atlasTiers = {
  M10: 1_500,
  M20: 3_000,
  M30: 3_000,
  M40: 6_000,
  M50: 16_000,
  M60: 32_000,
  M80: 96_000,
} as const satisfies Readonly<Record<string, number>>

export type AtlasTier = keyof typeof atlasTiers

/** The cast is safe: the object has only these keys. */
export const atlasTierNames = Object.keys(atlasTiers) as readonly AtlasTier[]

/** Connections of each node that Atlas keeps for itself (same page). */
export const atlasReserved = 10

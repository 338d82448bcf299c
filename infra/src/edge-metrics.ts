import type { StageName } from './config.ts'

/** CloudWatch namespace of the edge's counts, which a function copies there (`functions/edge-counts.cjs`). */
export const edgeNamespace = 'Spillway/Edge'

/** Metric that each copy reports: 1 a minute, with or without traffic. */
export const copiesMetric = 'copies'

/** Data set of a stage's Worker in Analytics Engine. `deploy:check` compares it with `edge/wrangler.jsonc`. */
export const edgeDataset = (stage: StageName): string =>
  stage === 'production' ? 'spillway_edge' : `spillway_edge_${stage.replaceAll('-', '_')}`

/** Secret with `accountId` and `apiToken` of Cloudflare, which reads the data set. */
export const analyticsSecret = (stage: StageName): string => `spillway/${stage}/edge-analytics`

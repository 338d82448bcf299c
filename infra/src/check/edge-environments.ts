import { join } from 'node:path'
import { unstable_readConfig as readConfig, experimental_readRawConfig as readRawConfig } from 'wrangler'
import type { EdgeEnvironment } from './edge-drift.ts'

const here = join(import.meta.dirname, '..', '..', '..', 'edge')

// wrangler's package does not export its types of bindings.
interface Namespace {
  readonly binding: string
  readonly id?: string
}
interface Limiter {
  readonly name: string
  readonly simple: { readonly limit: number; readonly period: number }
}

/** The environments of `edge/wrangler.jsonc`, as wrangler reads them. The top level is for a developer's machine. */
export function readEdgeEnvironments(edgeFolder = here): ReadonlyMap<string, EdgeEnvironment> {
  const config = join(edgeFolder, 'wrangler.jsonc')
  const names = Object.keys(readRawConfig({ config }).rawConfig.env ?? {})
  return new Map(names.map((name) => [name, readEnvironment(name, config)]))
}

/** The casts are safe: `readConfig` validates each binding. */
function readEnvironment(env: string, config: string): EdgeEnvironment {
  const read = readConfig({ config, env }, { hideWarnings: true })
  const routes = [...(read.routes ?? []), ...(read.route ? [read.route] : [])]
  return {
    name: read.name,
    vars: read.vars,
    secrets: read.secrets?.required ?? [],
    kvNamespaces: (read.kv_namespaces as Namespace[]).map(({ binding, id }) => ({ binding, id })),
    rateLimiters: ((read.ratelimits ?? []) as Limiter[]).map(({ name, simple }) => ({
      name,
      limit: simple.limit,
      periodSeconds: simple.period,
    })),
    analytics: (
      read.analytics_engine_datasets as { readonly binding: string; readonly dataset?: string }[]
    ).map(({ binding, dataset }) => ({ binding, dataset })),
    durableObjects: (read.durable_objects.bindings as { readonly name: string }[]).map(({ name }) => name),
    versionBinding: read.version_metadata?.binding,
    routes: routes.map((route) => (typeof route === 'string' ? route : route.pattern)),
    analyticsDataset: (read.analytics_engine_datasets as { readonly dataset?: string }[])[0]?.dataset,
    customDomains: routes.flatMap((route) =>
      typeof route === 'object' && 'custom_domain' in route && route.custom_domain ? [route.pattern] : [],
    ),
    workersDev: read.workers_dev,
    previewUrls: read.preview_urls,
    invocationLogs:
      read.observability?.enabled === true && read.observability.logs?.invocation_logs !== false,
  }
}

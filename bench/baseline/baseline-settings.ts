import type { ColdStartKind } from './cold-start.ts'

/** Settings that a design reads from its environment, as one JSON value. */
export interface BaselineSettings {
  /** URI of the database, through the proxy that scales it. */
  readonly databaseUri: string
  readonly databaseName: string
  readonly issuer: { readonly url: string; readonly jwksUri: string; readonly audience: string }
  readonly gatewayTimeoutMs: number
}

export interface LambdaSettings extends BaselineSettings {
  readonly concurrencyMax: number
  /** Number of execution environments that exist before the first request. */
  readonly warm: number
  readonly functionTimeoutMs: number
  readonly coldStart: ColdStartKind
  readonly seed: number
}

export interface InstanceSettings extends BaselineSettings {
  readonly poolSize: number
}

export interface BalancerSettings extends BaselineSettings {
  /** Base URLs of the instances behind the balancer. */
  readonly instances: readonly string[]
}

/** Header field that carries the token's subject from the gateway to an instance. */
export const subjectHeader = 'x-subject'

export const settingsVariable = 'BASELINE_SETTINGS'

// The cast is safe: the process that starts this one writes the settings of its kind.
export const readSettings = <Settings extends BaselineSettings>(): Settings =>
  JSON.parse(process.env[settingsVariable] ?? '') as Settings

import { originEnv, parseOtlpHeaders, ports, purgeCall } from '@spillway/origin/contract'

/**
 * Configuration from the environment, which only this file reads. All invalid and missing variables are reported at
 * once, each with its fix. Values are never printed, because a value in the wrong variable may be a secret.
 */
export interface Config {
  readonly host: string
  /** TCP port; 0 for any free one. */
  readonly port: number
  /** Certificate and key to serve HTTPS with; `undefined` for plain HTTP. */
  readonly tls: TlsConfig | undefined
  /** Processes that share the port; with 1 there is no supervisor. */
  readonly processes: number
  readonly mongodb: MongodbConfig
  /** JSON Web Key Set with the edge's public keys: the JSON text or a `file:` URL. */
  readonly edgeKeys: string
  /** The edge, to which purges of the origin's own writes are sent; `undefined`: none are. */
  readonly edge: EdgeConfig | undefined
  /** Keys from which the secrets of receivers are derived, the one in use first; none without receivers. */
  readonly webhookKeys: readonly string[]
  readonly logLevel: LogLevel
  /** `undefined`: no request is recorded as spans. */
  readonly tracing: TracingConfig | undefined
  /** Time limit of a drain, in ms; then the process exits with requests unfinished. */
  readonly drainTimeoutMs: number
}

export interface EdgeConfig {
  /** Base URL without a trailing slash. */
  readonly url: string
  readonly purgeKey: string
}

/** A receiver of spans. */
export interface TracingConfig {
  /** Base URL without a trailing slash. */
  readonly endpoint: string
  readonly headers: Readonly<Record<string, string>>
}

/** Paths of PEM files, read once at start. */
export interface TlsConfig {
  readonly certificateFile: string
  readonly keyFile: string
}

export interface MongodbConfig {
  readonly uri: string
  readonly database: string
  /** Pool connections of this process. */
  readonly poolSize: number
  /** Time limit for an operation to wait for a pool connection, in ms. */
  readonly poolWaitTimeoutMs: number
  /** Time limit for an operation to find a suitable server, in ms. */
  readonly serverSelectionTimeoutMs: number
  /** Time limit of one list, in ms, even if the request's deadline is later. */
  readonly listTimeoutMs: number
}

/** Longest time of a list where LIST_TIMEOUT_MS says nothing, in ms. */
export const usualListTimeoutMs = 800

export const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const
export type LogLevel = (typeof logLevels)[number]

export class ConfigError extends Error {
  override readonly name = 'ConfigError'
  readonly mistakes: readonly string[]

  constructor(mistakes: readonly string[]) {
    super(`The configuration cannot be used:\n${mistakes.map((mistake) => `  - ${mistake}`).join('\n')}`)
    this.mistakes = mistakes
  }
}

export type Environment = Readonly<Record<string, string | undefined>>

/** @throws {ConfigError} with all mistakes */
export function parseConfig(env: Environment): Config {
  const read = new Reader(env)
  const config: Config = {
    host: read.text(originEnv.host, { fallback: '127.0.0.1', pattern: /^[\w.:-]+$/, form: 'an address' }),
    port: read.integer(originEnv.port, { fallback: ports.origin, min: 0, max: 65_535 }),
    tls: read.tls(),
    processes: read.integer(originEnv.processes, { fallback: 1, min: 1, max: 128 }),
    mongodb: {
      uri: read.text(originEnv.mongodbUri, {
        pattern: /^mongodb(\+srv)?:\/\/./,
        form: 'a connection string, mongodb://HOST/?replicaSet=NAME',
      }),
      database: read.text(originEnv.mongodbDatabase, {
        fallback: 'spillway',
        pattern: /^[A-Za-z0-9_-]{1,63}$/,
        form: '1 to 63 letters, digits, hyphens and underscores',
      }),
      poolSize: read.integer(originEnv.poolSize, { fallback: 16, min: 1, max: 1_000 }),
      poolWaitTimeoutMs: read.integer(originEnv.poolWaitTimeoutMs, { fallback: 500, min: 1, max: 60_000 }),
      serverSelectionTimeoutMs: read.integer(originEnv.serverSelectionTimeoutMs, {
        fallback: 2_000,
        min: 1,
        max: 60_000,
      }),
      listTimeoutMs: read.integer(originEnv.listTimeoutMs, {
        fallback: usualListTimeoutMs,
        min: 1,
        max: 60_000,
      }),
    },
    edgeKeys: read.text(originEnv.edgeKeys, {
      pattern: /^\s*\{|^file:\/\//,
      form: "the JSON Web Key Set with the edge's public keys, inline or as file:///absolute/path",
    }),
    edge: read.edge(),
    webhookKeys: read.keys(originEnv.webhookKey),
    logLevel: read.choice(originEnv.logLevel, { fallback: 'info', choices: logLevels }),
    tracing: read.tracing(),
    drainTimeoutMs: read.integer(originEnv.drainTimeoutMs, { fallback: 25_000, min: 0, max: 600_000 }),
  }
  const share = read.integer(originEnv.connectionShare, { fallback: 0, min: 1, max: 100_000 })
  const wanted = config.processes * config.mongodb.poolSize
  if (share > 0 && wanted > share) {
    read.mistakes.push(
      `${originEnv.processes} × ${originEnv.poolSize} is ${wanted} connections, but ${originEnv.connectionShare} allows ${share}: lower ${originEnv.poolSize} to ${Math.floor(share / config.processes)}`,
    )
  }
  if (read.mistakes.length > 0) throw new ConfigError(read.mistakes)
  return config
}

/** Keys of a comma-separated list. */
export const splitKeys = (text: string): readonly string[] =>
  text.split(',').flatMap((key) => (key.trim() === '' ? [] : [key.trim()]))

/** Reads variables and collects mistakes, so that one start reports all of them. */
class Reader {
  readonly mistakes: string[] = []
  readonly #env: Environment

  constructor(env: Environment) {
    this.#env = env
  }

  text(name: string, options: { fallback?: string; pattern: RegExp; form: string }): string {
    const value = this.#get(name) ?? options.fallback
    if (value === undefined) this.mistakes.push(`${name} is not set: set it to ${options.form}`)
    else if (!options.pattern.test(value)) this.mistakes.push(`${name} must be ${options.form}`)
    return value ?? ''
  }

  tracing(): TracingConfig | undefined {
    const { otlpEndpoint, otlpHeaders } = originEnv
    const endpoint = this.#get(otlpEndpoint)
    if (endpoint === undefined) return undefined
    const headers = parseOtlpHeaders(this.#get(otlpHeaders) ?? '')
    if (!/^https?:\/\/[^/?#@]+(\/[^?#]*)?$/.test(endpoint)) {
      this.mistakes.push(`${otlpEndpoint} must be a base URL such as https://otlp.example.com`)
    }
    if (headers === undefined) {
      this.mistakes.push(`${otlpHeaders} must be name=value, comma-separated, with percent-encoded values`)
    }
    return { endpoint: endpoint.replace(/\/$/, ''), headers: headers ?? {} }
  }

  /** Requires both files or none: with only one set, plain HTTP would be served where TLS was meant. */
  tls(): TlsConfig | undefined {
    const { tlsCertificateFile, tlsKeyFile } = originEnv
    if ((this.#get(tlsCertificateFile) ?? this.#get(tlsKeyFile)) === undefined) return undefined
    const file = { pattern: /^\//, form: 'the absolute path of a PEM file, or leave both unset for HTTP' }
    return { certificateFile: this.text(tlsCertificateFile, file), keyFile: this.text(tlsKeyFile, file) }
  }

  /** Requires both or none: a purge without a key would be refused. */
  edge(): EdgeConfig | undefined {
    const { edgeUrl, purgeKey } = originEnv
    if ((this.#get(edgeUrl) ?? this.#get(purgeKey)) === undefined) return undefined
    return {
      url: this.text(edgeUrl, {
        pattern: /^https:\/\/[^/?#@]+$|^http:\/\/(127\.0\.0\.1|localhost)(:\d+)?$/,
        form: 'the base URL of the edge, such as https://api.example.com (http on this machine only)',
      }),
      purgeKey: this.text(purgeKey, {
        pattern: new RegExp(`^[\\x21-\\x7e]{${purgeCall.keyLengthMin},}$`),
        form: `a key of at least ${purgeCall.keyLengthMin} characters, which the edge has, too`,
      }),
    }
  }

  /** One key, or two while they change. */
  keys(name: string): readonly string[] {
    const text = this.#get(name)
    if (text === undefined) return []
    const keys = splitKeys(text)
    if (keys.length === 0 || keys.length > 2 || keys.some((key) => key.length < purgeCall.keyLengthMin))
      this.mistakes.push(`${name} must be one or two keys of at least ${purgeCall.keyLengthMin} characters`)
    return keys
  }

  integer(name: string, { fallback, min, max }: { fallback: number; min: number; max: number }): number {
    const text = this.#get(name)
    if (text === undefined) return fallback
    const value = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN
    if (value >= min && value <= max) return value
    this.mistakes.push(`${name} must be an integer from ${min} to ${max}`)
    return fallback
  }

  choice<Choice extends string>(
    name: string,
    { fallback, choices }: { fallback: Choice; choices: readonly Choice[] },
  ): Choice {
    const text = this.#get(name)
    if (text === undefined) return fallback
    const found = choices.find((choice) => choice === text)
    if (found === undefined) this.mistakes.push(`${name} must be one of ${choices.join(', ')}`)
    return found ?? fallback
  }

  /** An empty variable counts as unset: people mean that by `NAME= node …`. */
  #get(name: string): string | undefined {
    const value = this.#env[name]?.trim()
    return value === '' ? undefined : value
  }
}

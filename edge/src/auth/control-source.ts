import { type Control, type ControlKey, controlPrefix, noControl, readControl } from './control.ts'

/** Reads at most this many pages of revocations: an operator's mistake must not stall requests. */
const pagesMax = 20
/** KV lists a thousand keys a page. */
const keysMax = pagesMax * 1_000

/**
 * Until this age the known state is used as it is; until `staleMs` it is used while a refresh runs; after that requests
 * wait.
 */
const freshMs = 15_000
const staleMs = 40_000
const flightMs = 5_000

/**
 * Reads the control namespace a few times a minute, never per request. KV itself spreads a change within a minute
 * (sooner to locations that have not read the key), so a running system obeys a change shortly after that. When KV
 * cannot be read, the last known state stays in force: an outage of KV is not an outage of the API.
 */
export class ControlSource {
  readonly #namespace: KVNamespace | undefined
  readonly #onFailure: (reason: unknown) => void
  #control: Control = noControl
  #readAtMs = Number.NEGATIVE_INFINITY
  #triedAtMs = Number.NEGATIVE_INFINITY
  #flight: Promise<void> | undefined

  constructor(namespace: KVNamespace | undefined, onFailure: (reason: unknown) => void) {
    this.#namespace = namespace
    this.#onFailure = onFailure
  }

  get current(): Control {
    return this.#control
  }

  /** The refresh that is due, if any, and whether the request must wait for it. */
  due(nowMs: number): { readonly refresh: Promise<void>; readonly mustWait: boolean } | undefined {
    if (this.#namespace === undefined || nowMs - this.#readAtMs < freshMs) return undefined
    const mustWait = nowMs - this.#readAtMs >= staleMs
    if (this.#flight !== undefined && nowMs - this.#triedAtMs < flightMs) {
      return mustWait ? { refresh: this.#flight, mustWait } : undefined
    }
    // After a failure, retry in a second, and let no request wait for it.
    if (nowMs - this.#triedAtMs < 1_000) return undefined
    this.#triedAtMs = nowMs
    const flight = this.#read(this.#namespace, nowMs).finally(() => {
      if (this.#flight === flight) this.#flight = undefined
    })
    this.#flight = flight
    return { refresh: flight, mustWait }
  }

  async #read(namespace: KVNamespace, startedAtMs: number): Promise<void> {
    try {
      const [keys, shed] = await Promise.all([
        listRevocations(namespace),
        namespace.get(controlPrefix.shed, { cacheTtl: 30 }),
      ])
      const { mistake } = this.#control
      this.#control = readControl(keys, shed)
      // Reports a mistake once, not at each read: it stays until somebody corrects it.
      if (this.#control.mistake !== undefined && this.#control.mistake !== mistake) {
        this.#onFailure(this.#control.mistake)
      }
      this.#readAtMs = startedAtMs
      if (keys.length >= keysMax) this.#onFailure(`only the first ${keys.length} revocations are in force`)
    } catch (error) {
      this.#onFailure(error)
    }
  }
}

async function listRevocations(namespace: KVNamespace): Promise<readonly ControlKey[]> {
  const keys: ControlKey[] = []
  let cursor: string | undefined
  for (let page = 0; page < pagesMax; page += 1) {
    const listed = await namespace.list({ prefix: 'revoked:', ...(cursor !== undefined && { cursor }) })
    keys.push(...listed.keys)
    if (listed.list_complete) break
    cursor = listed.cursor
  }
  return keys
}

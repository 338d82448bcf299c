import { type Control, type ControlKey, controlPrefix, noControl, readControl } from './control.ts'

/** A listing of more than this many revocations is read only so far: an operator's mistake must not stall requests. */
const pagesMax = 20
/** KV lists a thousand keys a page. */
const keysMax = pagesMax * 1_000

/** Younger than this, what is known is used; older, it is used while it is read again; `staleMs`, it is waited for. */
const freshMs = 15_000
const staleMs = 40_000
const flightMs = 5_000

/**
 * The control namespace, read a few times a minute and never per request. Together with the minute within which KV
 * itself spreads a change (less where nobody has read the key), a running system follows within that minute.
 * When it cannot be read, the last state known counts: an outage of KV is not one of the API.
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
    // After a failure the next attempt is a second away, and nobody waits for it.
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
      // Once, and not at each reading: it stays as it is until somebody changes it.
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

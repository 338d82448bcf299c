import { type ControlEntry, controlSnapshotKey, parseControl } from '@spillway/origin/contract'
import { type Control, noControl, readControl } from './control.ts'

/**
 * Until this age the known state is used as it is; until `staleMs` it is used while a refresh runs; after that requests
 * wait.
 */
const freshMs = 15_000
const staleMs = 40_000
const flightMs = 5_000

/**
 * Reads the snapshot of the control namespace a few times a minute, never per request. KV itself spreads a change
 * within a minute (sooner to locations that have not read the key), so a running system obeys a change shortly after
 * that. When KV cannot be read, the last known state stays in force until its parts expire: an outage of KV is not one
 * of the API.
 */
export class ControlSource {
  readonly #namespace: KVNamespace | undefined
  readonly #onFailure: (reason: unknown) => void
  #control: Control = noControl
  #entries: readonly ControlEntry[] = []
  /** Snapshot that the entries come from: the same one is not parsed again. */
  #snapshot: string | null = null
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
      const snapshot = await namespace.get(controlSnapshotKey, { cacheTtl: 30 })
      // Before the parsing: a snapshot that is none stays one until an operator mends it.
      this.#readAtMs = startedAtMs
      if (snapshot !== this.#snapshot) this.#entries = parseControl(snapshot)
      this.#snapshot = snapshot
    } catch (error) {
      this.#onFailure(error)
    }
    const { mistake } = this.#control
    this.#control = readControl(this.#entries, startedAtMs)
    // Reports a mistake once, not at each read: it stays until somebody corrects it.
    if (this.#control.mistake !== undefined && this.#control.mistake !== mistake) {
      this.#onFailure(this.#control.mistake)
    }
  }
}

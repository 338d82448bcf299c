/**
 * Decides whether a read from the primary has certainly seen every acknowledged write. Majority reads from the primary
 * guarantee that, except in two cases around a change of primary:
 *
 * - **A new primary** does not know how far its predecessor's writes were committed, until a majority has the first
 *   entry of its own term (Ongaro, "Consensus: Bridging Theory and Practice", 2014, §6.4: a leader commits an entry of
 *   its term before it serves reads). MongoDB answers anyway, with an older snapshot. Its `hello` reports the term of
 *   the snapshot (`lastWrite.majorityOpTime.t`), and the election id contains the primary's own term: once both are
 *   equal, reads are safe, so they wait for that. A server that reports neither is trusted after a fixed time.
 * - **An old primary** that has been cut off answers until it notices. The `hello` of each member, which the driver
 *   requests every 2 s anyway, names the primary that the member follows. A read counts as certain only if a majority
 *   has named this primary within the last 4 s (two heartbeats). A member stands for election after 10 s without its
 *   primary (the default). So an origin that is cut off together with the old primary notices it long before another
 *   one can be elected. An origin that still reaches the others learns of an election by their next heartbeat: for up
 *   to 2 s it may still trust the old primary, if that one still answers, which it stops after the same 10 s.
 *
 * Pure: events and times are arguments.
 */

/** The primary, as the driver sees it. */
export interface Primary {
  readonly address: string
  /** Hexadecimal digits; `undefined` if the server reports none. */
  readonly electionId: string | undefined
  /** Whether no other primary can exist: a standalone server, or a router, which finds the primary itself. */
  readonly isUnrivalled: boolean
}

/** The members of a `hello` that are used here. */
export interface Hello {
  readonly electionId?: string | undefined
  /** Address of the primary that the member follows. */
  readonly primary?: string | undefined
  /** Term of the newest write that the member knows to be on a majority. */
  readonly majorityTerm?: number | undefined
}

export interface PrimaryWatchOptions {
  /** Validity of a member's answer, in ms. @default 4 000, two heartbeat intervals */
  readonly confirmationMs?: number
  /**
   * Time until a new primary is trusted that does not report what it has committed, in ms.
   * @default 5 000: catch-up after an election is bounded by the heartbeats between the members (2 s), plus a round
   *   trip
   */
  readonly unprovenMs?: number
}

interface Office {
  readonly primary: Primary
  readonly term: number | undefined
  readonly since: number
  /** Time at which it was proven to have committed in its own term; `undefined` if not yet. */
  provenAt: number | undefined
}

interface Member {
  hello: Hello
  at: number
  /** Whether the member has ever named its primary; if not, its answer alone confirms the primary. */
  namesPrimary: boolean
}

export class PrimaryWatch {
  readonly #confirmationMs: number
  readonly #unprovenMs: number
  readonly #members = new Map<string, Member>()
  #addresses: readonly string[] = []
  #office: Office | undefined
  #changes = 0
  /** End of the majority's confirmation, and its start if it was not interrupted. */
  #confirmedUntil = Number.NEGATIVE_INFINITY
  #confirmedSince = Number.NEGATIVE_INFINITY
  #proven: PromiseWithResolvers<void> | undefined

  constructor({ confirmationMs = 4_000, unprovenMs = 5_000 }: PrimaryWatchOptions = {}) {
    this.#confirmationMs = confirmationMs
    this.#unprovenMs = unprovenMs
  }

  /** Number of primaries seen: a read between two equal values used one primary only. */
  get changes(): number {
    return this.#changes
  }

  /**
   * Pending until the primary has committed in its own term, and so has each that takes its place meanwhile; `undefined`
   * if there is nothing to wait for.
   */
  get proof(): Promise<void> | undefined {
    return this.#proven === undefined ? undefined : this.#untilProven()
  }

  async #untilProven(): Promise<void> {
    while (this.#proven !== undefined) await this.#proven.promise
  }

  /**
   * Handles a change of the driver's view.
   * @param addresses all members
   * @param now milliseconds of a monotonic clock
   */
  onTopology(primary: Primary | undefined, addresses: readonly string[], now: number): void {
    this.#addresses = addresses
    // The client is closed, so no member is left to prove anything.
    if (addresses.length === 0) this.#endProof()
    for (const address of this.#members.keys())
      if (!addresses.includes(address)) this.#members.delete(address)
    if (primary !== undefined && !isSameOffice(this.#office?.primary, primary)) this.#begin(primary, now)
    this.#prove(now)
    this.#confirm(now)
  }

  /** Handles an answer of a member. */
  onHello(address: string, hello: Hello, now: number): void {
    const namesPrimary = hello.primary !== undefined || this.#members.get(address)?.namesPrimary === true
    this.#members.set(address, { hello, at: now, namesPrimary })
    this.#prove(now)
    this.#confirm(now)
  }

  /**
   * Whether a read that began then and is answered now has seen everything acknowledged before it. `false` means only
   * that this is not certain.
   */
  isCertain(beganAt: number, now: number): boolean {
    const office = this.#office
    if (office === undefined || this.#proven !== undefined) return false
    if (office.primary.isUnrivalled) return true
    const settledAt = office.provenAt ?? office.since + this.#unprovenMs
    return settledAt <= beganAt && this.#confirmedSince <= beganAt && now < this.#confirmedUntil
  }

  #begin(primary: Primary, now: number): void {
    this.#changes += 1
    this.#office = { primary, term: termOf(primary.electionId), since: now, provenAt: undefined }
    this.#endProof()
  }

  #endProof(): void {
    this.#proven?.resolve()
    this.#proven = undefined
  }

  #prove(now: number): void {
    const office = this.#office
    if (office === undefined || office.provenAt !== undefined) return
    const hello = this.#members.get(office.primary.address)?.hello
    if (office.primary.isUnrivalled) office.provenAt = now
    // A `hello` of the same server from before its election proves nothing.
    if (hello?.electionId === undefined || hello.electionId !== office.primary.electionId) return
    if (office.term === undefined || hello.majorityTerm === undefined) return
    if (hello.majorityTerm >= office.term) {
      office.provenAt = now
      this.#endProof()
    } else {
      this.#proven ??= Promise.withResolvers()
    }
  }

  #confirm(now: number): void {
    const { primary } = this.#office ?? {}
    if (primary === undefined) return
    const heardAt = this.#addresses
      .flatMap((address) => {
        const member = this.#members.get(address)
        return member !== undefined && confirms(member, address, primary) ? [member.at] : []
      })
      .sort((a, b) => b - a)
    // The most recent majority is as old as its oldest answer.
    const at = heardAt[this.#addresses.length >> 1] ?? Number.NEGATIVE_INFINITY
    if (now >= this.#confirmedUntil) this.#confirmedSince = now
    this.#confirmedUntil = at + this.#confirmationMs
  }
}

function confirms({ hello, namesPrimary }: Member, address: string, primary: Primary): boolean {
  if (address === primary.address) return hello.electionId === primary.electionId
  return hello.primary === undefined ? !namesPrimary : hello.primary === primary.address
}

/**
 * Compares primaries. Without election ids, a re-election of the same address cannot be noticed; another address can.
 */
const isSameOffice = (known: Primary | undefined, primary: Primary): boolean =>
  known?.address === primary.address && known.electionId === primary.electionId

/** Term of an election id: `7fffffff` and the term as 64 bits, since election protocol version 1. */
function termOf(electionId: string | undefined): number | undefined {
  const digits = /^7fffffff([0-9a-f]{16})$/.exec(electionId ?? '')?.[1]
  return digits === undefined ? undefined : Number.parseInt(digits, 16)
}

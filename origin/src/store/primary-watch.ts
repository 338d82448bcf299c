/**
 * Whether what is read from the primary now is what was last acknowledged. Majority reads from the primary are, but for
 * two gaps around a change of primary:
 *
 * - **A new primary** does not know how far its predecessor's writes were committed, until a majority has the first entry
 *   of its own term (Ongaro, "Consensus: Bridging Theory and Practice", 2014, §6.4: a leader commits an entry of its term
 *   before it serves reads). MongoDB answers all the same, with an older snapshot. Its `hello` says of which term the
 *   snapshot is (`lastWrite.majorityOpTime.t`), and the election id carries the term of its office: once they are equal,
 *   the gap is over, and that is waited for. A server that says nothing of the kind is given a fixed time.
 * - **An old primary** that has been cut off answers until it notices. Each member's `hello`, which the driver asks for
 *   every 2 s anyway, says whom it follows. What is read counts as certain only while a majority has named this primary
 *   within the last 4 s (two heartbeats). A member stands for election after 10 s without its primary (the default), so
 *   where we are cut off together with the old primary, we know long before there can be another. Where we still reach
 *   the others, we learn of it by their next heartbeat: for up to 2 s after an election the old primary may still be
 *   believed, if it answers then, which it stops to do after the same 10 s.
 *
 * Pure: events and times come in, answers go out.
 */

/** The primary as the driver sees it. */
export interface Primary {
  readonly address: string
  /** As hexadecimal digits; `undefined` where the server names none. */
  readonly electionId: string | undefined
  /** A server of its own, or a router: nobody else can be elected, or it is nobody's business here. */
  readonly isUnrivalled: boolean
}

/** A member's `hello`, as far as it matters here. */
export interface Hello {
  readonly electionId?: string | undefined
  /** Address of the primary that the member follows. */
  readonly primary?: string | undefined
  /** Term of the newest write that the member knows a majority to have. */
  readonly majorityTerm?: number | undefined
}

export interface PrimaryWatchOptions {
  /** How long a member's word counts, in ms. @default 4 000, twice the interval of the heartbeats */
  readonly confirmationMs?: number
  /**
   * How long a new primary is not believed that does not say what it has committed, in ms.
   * @default 5 000: a catch-up after an election is bounded by the heartbeats between the members (2 s), and it takes a
   * round trip more
   */
  readonly unprovenMs?: number
}

interface Office {
  readonly primary: Primary
  readonly term: number | undefined
  readonly since: number
  /** When it was proven to have committed in its own term; `undefined`: not yet. */
  provenAt: number | undefined
}

interface Member {
  hello: Hello
  at: number
  /** Whether it has ever named its primary: one that never does confirms by being there. */
  namesPrimary: boolean
}

export class PrimaryWatch {
  readonly #confirmationMs: number
  readonly #unprovenMs: number
  readonly #members = new Map<string, Member>()
  #addresses: readonly string[] = []
  #office: Office | undefined
  #changes = 0
  /** Until when a majority's word holds, and since when it has without interruption. */
  #confirmedUntil = Number.NEGATIVE_INFINITY
  #confirmedSince = Number.NEGATIVE_INFINITY
  #proven: PromiseWithResolvers<void> | undefined

  constructor({ confirmationMs = 4_000, unprovenMs = 5_000 }: PrimaryWatchOptions = {}) {
    this.#confirmationMs = confirmationMs
    this.#unprovenMs = unprovenMs
  }

  /** Counts the offices seen: a read between two equal values was not served by two primaries. */
  get changes(): number {
    return this.#changes
  }

  /** Pending while the primary has yet to commit in its own term and says so; `undefined` where nothing is to be waited for. */
  get proof(): Promise<void> | undefined {
    return this.#proven?.promise
  }

  /**
   * The driver's view has changed.
   * @param addresses all members
   * @param now milliseconds of a monotonic clock
   */
  onTopology(primary: Primary | undefined, addresses: readonly string[], now: number): void {
    this.#addresses = addresses
    // Nobody is left to prove anything: the client is closed.
    if (addresses.length === 0) this.#endProof()
    for (const address of this.#members.keys())
      if (!addresses.includes(address)) this.#members.delete(address)
    if (primary !== undefined && !isSameOffice(this.#office?.primary, primary)) this.#begin(primary, now)
    this.#prove(now)
    this.#confirm(now)
  }

  /** A member has answered. */
  onHello(address: string, hello: Hello, now: number): void {
    const namesPrimary = hello.primary !== undefined || this.#members.get(address)?.namesPrimary === true
    this.#members.set(address, { hello, at: now, namesPrimary })
    this.#prove(now)
    this.#confirm(now)
  }

  /**
   * Whether a read that began then and is answered now saw everything that had been acknowledged.
   * `false` means only that it is not certain.
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
    // An answer of the same server from before its election proves nothing.
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
    // The youngest majority is as old as its oldest member.
    const at = heardAt[this.#addresses.length >> 1] ?? Number.NEGATIVE_INFINITY
    if (now >= this.#confirmedUntil) this.#confirmedSince = now
    this.#confirmedUntil = at + this.#confirmationMs
  }
}

function confirms({ hello, namesPrimary }: Member, address: string, primary: Primary): boolean {
  if (address === primary.address) return hello.electionId === primary.electionId
  return hello.primary === undefined ? !namesPrimary : hello.primary === primary.address
}

/** A server that names no election id may have been elected anew; it cannot be told, and the change of address can. */
const isSameOffice = (known: Primary | undefined, primary: Primary): boolean =>
  known?.address === primary.address && known.electionId === primary.electionId

/** `7fffffff` and the term as 64 bits, since election protocol version 1. */
function termOf(electionId: string | undefined): number | undefined {
  const digits = /^7fffffff([0-9a-f]{16})$/.exec(electionId ?? '')?.[1]
  return digits === undefined ? undefined : Number.parseInt(digits, 16)
}

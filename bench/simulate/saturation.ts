/** Tiers that can be full, in the order of a request. */
export const tiers = ['tunnel', 'origin', 'database'] as const
export type Tier = (typeof tiers)[number]

/** Share of what each tier can do that is in use; 1 and more: full. */
export type Busy = Readonly<Record<Tier, number>>

/** Share from which a tier counts as full: its queues grow without end just above. */
const fullFrom = 0.95

/** Watches which tier is full first, and how busy each one gets. */
export class Saturation {
  readonly #most: Record<Tier, number> = { tunnel: 0, origin: 0, database: 0 }
  #first: { readonly tier: Tier; readonly at: number } | undefined

  observe(second: number, busy: Busy): void {
    for (const tier of tiers) this.#most[tier] = Math.max(this.#most[tier], busy[tier])
    if (this.#first !== undefined) return
    const full = tiers.filter((tier) => busy[tier] >= fullFrom)
    // Several in the same second: the one with the most above what it can do.
    const [tier] = full.toSorted((one, other) => busy[other] - busy[one])
    if (tier !== undefined) this.#first = { tier, at: second }
  }

  get most(): Busy {
    return this.#most
  }

  /** The tier that was full first, and when; `undefined`: none was. */
  get first(): { readonly tier: Tier; readonly at: number } | undefined {
    return this.#first
  }

  /** `tunnel after 4:10`, or the busiest tier where none was full. */
  get text(): string {
    if (this.#first !== undefined) {
      const { tier, at } = this.#first
      return `${tier} after ${Math.floor(at / 60)}:${String(at % 60).padStart(2, '0')}`
    }
    const [busiest = 'origin'] = tiers.toSorted((one, other) => this.#most[other] - this.#most[one])
    return `none (${busiest} ${Math.round(this.#most[busiest] * 100)} %)`
  }
}

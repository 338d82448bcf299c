/** One line of a monthly bill. */
export interface Item {
  readonly name: string
  readonly dollars: number
  /** Counted quantities. */
  readonly because: string
}

export interface Bill {
  readonly design: string
  readonly items: readonly Item[]
  readonly dollars: number
  readonly perMillion: number
}

export function bill(design: string, requestsPerMonth: number, items: readonly Item[]): Bill {
  const dollars = items.reduce((sum, item) => sum + item.dollars, 0)
  return { design, items, dollars, perMillion: dollars / (requestsPerMonth / 1_000_000) }
}

export const count = (value: number): string =>
  new Intl.NumberFormat('en-US', { notation: 'compact', maximumSignificantDigits: 3 }).format(value)

/** A difference between the last release's contract and this one's. */
export interface Change {
  /** Place and difference in one sentence, by which a change is acknowledged. */
  readonly text: string
  /** Whether a client or a stored document that was right can be refused, or shown what it does not know. */
  readonly breaks: boolean
}

export const breaking = (text: string): Change => ({ text, breaks: true })
export const safe = (text: string): Change => ({ text, breaks: false })

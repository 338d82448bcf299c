/** A question of the edge itself has no answer. */
export class AskError extends Error {
  override readonly name = 'AskError'
  /** Whether the origin may have acted on it. */
  readonly mayHaveArrived: boolean

  constructor(message: string, mayHaveArrived: boolean) {
    super(message)
    this.mayHaveArrived = mayHaveArrived
  }
}

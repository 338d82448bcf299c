/** The origin's answer broke off before its end, and nothing stored may stand in for it. `cause` says how. */
export class BrokenAnswer extends Error {
  override readonly name = 'BrokenAnswer'

  constructor(cause: unknown) {
    super('the answer broke off', { cause })
  }
}

/** No answer in time for one who waited, and nothing stored may stand in for it. */
export class LateAnswer extends Error {
  override readonly name = 'LateAnswer'

  constructor() {
    super('no answer in time')
  }
}

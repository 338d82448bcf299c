/** A reason to stop that the person must read: nothing of a program's own is wrong. */
export class Refusal extends Error {
  override readonly name = 'Refusal'
}

/**
 * The one timer of a request that goes to the origin. Whatever is being waited for at the moment hangs on to it, one
 * thing after the other, since setting a timer and calling it off costs the runtime more than all the waiting does. It is
 * never called off: what it would end has ended by then, and the runtime drops it together with the request.
 */
export class DeadlineTimer {
  /** What is to happen when the time is up. */
  onLate: (() => void) | undefined

  constructor(timeoutMs: number) {
    setTimeout(() => this.onLate?.(), Math.max(0, timeoutMs))
  }
}

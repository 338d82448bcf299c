import type { Problem } from '@spillway/origin/contract'

/** A handler's decision that nothing is to be done. */
export class Refusal {
  readonly problem: Problem

  constructor(problem: Problem) {
    this.problem = problem
  }
}

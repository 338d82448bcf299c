import type { Problem } from '@spillway/origin/contract'

/** A handler's decision to refuse: nothing is written. */
export class Refusal {
  readonly problem: Problem

  constructor(problem: Problem) {
    this.problem = problem
  }
}

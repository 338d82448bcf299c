import type { Application, ApplicationTools, LoadMix } from '@spillway/origin/contract'

/** Load mix of an application: its own, or by default every operation, mostly reads. */
export const loadOf = ({ resources }: Application, { load }: ApplicationTools): LoadMix =>
  load ?? { browse: { read: 65, list: 30, create: 5 }, crowded: [...resources.keys()], documents: 1_000 }

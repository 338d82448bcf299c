export interface Bench {
  /** Module that runs it, from this folder. */
  readonly program: string
  /** Its finding, in a line. */
  readonly about: string
}

/** Every bench, by the name that `npm run bench -- NAME` takes. */
export const benches: Readonly<Record<string, Bench>> = {
  story: { program: 'baseline/story.ts', about: 'the spike of the story against each design' },
  peers: { program: 'peers/main.ts', about: 'CPU time a request beside other stacks' },
  overload: { program: 'origin/overload.ts', about: 'goodput of one origin at up to ten times its capacity' },
  edge: { program: 'edge/main.ts', about: "CPU time of the edge's answers beside a constant Worker" },
  origin: { program: 'origin/main.ts', about: 'CPU time a request costs the origin' },
  connections: { program: 'origin/connections.ts', about: '10,000 clients, and the connections they open' },
  outage: { program: 'outage/main.ts', about: "an origin's death and return, seen by callers" },
  bursts: { program: 'bursts/main.ts', about: 'bursts of uncached reads on an idle edge' },
  export: { program: 'export/main.ts', about: 'a million rows as CSV and as lines of JSON' },
  laptop: { program: 'laptop/main.ts', about: 'what npm start carries beside a bare workerd' },
  purge: {
    program: 'purge/main.ts',
    about: 'a minute of purges under the limits of a plan, in virtual time',
  },
  parsers: { program: 'parsers/main.ts', about: 'each parser of outside text on its worst 16 KB' },
  'list-tags': { program: 'list-tags/main.ts', about: 'lists answered by the edge while places are written' },
  'last-step': { program: 'last-step/main.ts', about: 'what TLS from balancer to instance costs' },
  serialization: { program: 'origin/serialization.ts', about: 'what the way from BSON to JSON costs' },
  compare: { program: 'compare/main.ts', about: 'two results, or two folders of them: BEFORE AFTER' },
}

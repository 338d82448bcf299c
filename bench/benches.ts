export interface Bench {
  /** Module that runs it, from this folder. */
  readonly program: string
  /** One line that says what it measures. */
  readonly about: string
  /** `true`: takes `--application FOLDER`. Otherwise the reason why not, as the end of a sentence. */
  readonly application: true | string
}

const own =
  "it compares fixed requests of the repository's own application with peers that implement the same"
const noStack = 'it starts no application'

/** Every bench, by the name that `npm run bench -- NAME` takes. */
export const benches: Readonly<Record<string, Bench>> = {
  story: {
    program: 'baseline/story.ts',
    about: 'the spike of the story against each design',
    application: true,
  },
  peers: { program: 'peers/main.ts', about: 'CPU time a request beside other stacks', application: own },
  tail: {
    program: 'tail/main.ts',
    about: 'slow answers of the whole path beside other stacks, and where their time went',
    application: own,
  },
  overload: {
    program: 'origin/overload.ts',
    about: 'goodput of one origin at up to ten times its capacity',
    application: true,
  },
  edge: {
    program: 'edge/main.ts',
    about: "CPU time of the edge's answers beside a constant Worker",
    application: own,
  },
  origin: { program: 'origin/main.ts', about: 'CPU time a request costs the origin', application: own },
  'origin-steps': {
    program: 'origin/steps.ts',
    about: 'what each duty of the contract costs an origin, beside plain Fastify and ours',
    application: own,
  },
  outbox: {
    program: 'outbox/main.ts',
    about: 'what a create costs with its event in the document',
    application: 'it compares two of its own',
  },
  connections: {
    program: 'origin/connections.ts',
    about: '10,000 clients, and the connections they open',
    application: true,
  },
  outage: {
    program: 'outage/main.ts',
    about: "an origin's death and return, seen by callers",
    application: true,
  },
  evolve: {
    program: 'evolve/main.ts',
    about: 'releases that migrate documents, and a roll-back, under load',
    application: 'its releases are the measurement',
  },
  bursts: { program: 'bursts/main.ts', about: 'bursts of uncached reads on an idle edge', application: true },
  export: {
    program: 'export/main.ts',
    about: 'a million rows as CSV and as lines of JSON',
    application: 'it exports the bookings of the marketplace, which a peer exports, too',
  },
  laptop: {
    program: 'laptop/main.ts',
    about: 'what npm start carries beside a bare workerd',
    application: true,
  },
  purge: {
    program: 'purge/main.ts',
    about: 'a minute of purges under the limits of a plan, in virtual time',
    application: noStack,
  },
  parsers: {
    program: 'parsers/main.ts',
    about: 'each parser of outside text on its worst 16 KB',
    application: noStack,
  },
  heap: {
    program: 'heap/main.ts',
    about: "memory of the edge's isolate after a million mixed requests",
    application: own,
  },
  soak: {
    program: 'soak/main.ts',
    about: 'memory of the origin during an hour of its users',
    application: true,
  },
  'list-tags': {
    program: 'list-tags/main.ts',
    about: 'lists answered by the edge while places are written',
    application: "it compares the tags of the repository's own places with one tag for all",
  },
  'last-step': {
    program: 'last-step/main.ts',
    about: 'what TLS from balancer to instance costs',
    application: noStack,
  },
  tunnel: {
    program: 'tunnel/main.ts',
    about: 'a real cloudflared, and the tier that the simulator says is full first',
    application: own,
  },
  serialization: {
    program: 'origin/serialization.ts',
    about: 'what the way from BSON to JSON costs',
    application: "it serializes one place of the repository's own application by several methods",
  },
  compare: {
    program: 'compare/main.ts',
    about: 'two results, folders of them, or commits: BEFORE AFTER',
    application: 'it reads results',
  },
}

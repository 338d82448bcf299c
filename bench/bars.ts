import type { Bar } from '@spillway/infra/local/bar'

/** Every limit of the benches, in one place. */
export const bars = {
  /** Share of the `required` tests of http-cache-tests that a proxy can pass, and ours does. */
  httpCacheRequired: { name: 'http-cache-required-percent', limit: 97, holds: '>=' },
  /** Share of its `optimal` tests. */
  httpCacheOptimal: { name: 'http-cache-optimal-percent', limit: 80, holds: '>=' },
  /** Number of `required` tests that ours passes, minus that of the best cache whose results the suite contains. */
  httpCacheRequiredLead: { name: 'http-cache-required-lead', limit: 1, holds: '>=' },
  /** The same of its `optimal` tests. */
  httpCacheOptimalLead: { name: 'http-cache-optimal-lead', limit: 1, holds: '>=' },
  /** Tests that fail without a reason on file, and reasons on file for tests that pass. */
  httpCacheUnexplained: { name: 'http-cache-unexplained', limit: 0, holds: '<=' },

  /** The worst input of 16 KB, ms: one line for each parser of text from outside. */
  parserWorst: { name: 'parser-ms', limit: 1, holds: '<=' },

  /** Cost of the most expensive refused body, as a multiple of the largest accepted one. */
  refusalTimes: { name: 'refusal-times-largest-good-body', limit: 1, holds: '<=' },

  /** Tags that a write has purged and that are not purged everywhere once all is quiet. */
  purgesLost: { name: 'unpurged', limit: 0, holds: '<=' },
  /** From a write until the last of its tags is purged everywhere, ms. */
  purgeSlowest: { name: 'slowest-ms', limit: 5_000, holds: '<=' },

  /** CPU time (node + mongod) of a read by id with plain Fastify + driver, divided by ours; 64 connections. */
  originRead: { name: 'origin-read-times-fewer', limit: 6, holds: '>=' },
  /** p50 of a read by id at one connection, divided by that of plain Fastify + driver: joining must cost no wait. */
  originLoneRead: { name: 'origin-lone-read-p50-ratio', limit: 1.1, holds: '<=' },
  /** CPU time of a create with plain Fastify + insertOne, majority, divided by ours. */
  originCreate: { name: 'origin-create-times-fewer', limit: 5, holds: '>=' },
  /** The same of a conditional update, of a page of a list, and of nine reads for each write. */
  originUpdate: { name: 'origin-update-times-fewer', limit: 4, holds: '>=' },
  originList: { name: 'origin-list-times-fewer', limit: 3, holds: '>=' },
  originMixed: { name: 'origin-mixed-times-fewer', limit: 3, holds: '>=' },

  /** CPU of a mixed request to an origin of two processes, divided by that to one with half of the requests/s. */
  originProcesses: { name: 'origin-two-processes-ratio', limit: 1.1, holds: '<=' },

  /** CPU of an action that updates one document, divided by that of a PATCH of the same. */
  originAction: { name: 'origin-action-patch-ratio', limit: 1.2, holds: '<=' },

  /**
   * CPU of a create whose event is stored with it, divided by that of one without; without moving events to the log.
   */
  outboxCreate: { name: 'outbox-create-ratio', limit: 1.1, holds: '<=' },

  /** Goodput at ten times the capacity in percent of the best goodput at any level. */
  overloadGoodput: { name: 'overload-goodput-percent', limit: 97, holds: '>=' },
  /** p99 of what is admitted at ten times the capacity, from the intended start. */
  overloadAdmitted: { name: 'overload-admitted-p99-ms', limit: 500, holds: '<=' },
  /**
   * The same over that at half the capacity, for an application whose requests need several commands, one after the
   * other.
   */
  overloadAdmittedTimes: { name: 'overload-admitted-p99-times-half-load', limit: 3, holds: '<=' },
  /** Success of critical requests at ten times the capacity, while they alone would fit. */
  overloadCritical: { name: 'overload-critical-percent', limit: 99.9, holds: '>=' },

  /** From a step to 1.4 times the capacity until answers are as they remain, ms. */
  overloadConvergence: { name: 'overload-convergence-ms', limit: 100, holds: '<=' },

  /** Database connections at the worst sample, minus the budget. */
  connectionsOverBudget: { name: 'connections-over-budget', limit: 0, holds: '<=' },
  /** Client connections that are open together. */
  connectionsHeld: { name: 'connections-held', limit: 10_000, holds: '>=' },
  /** Growth of the origin's resident memory from the first to the last third of the run. */
  connectionsMemory: { name: 'connections-memory-growth-percent', limit: 10, holds: '<=' },

  /** Growth of the origin's memory that is live after GC, from the first to the last third of an hour of load. */
  soakLiveMemory: { name: 'soak-origin-live-memory-growth-percent', limit: 10, holds: '<=' },

  /** CPU of a cached read with a valid token, divided by that of a constant Worker. */
  edgeCachedRead: { name: 'edge-cached-read-ratio', limit: 1.25, holds: '<=' },
  /** CPU of a cached read by id whose rule has three ways, divided by that of a cached read of a public document. */
  edgeRule: { name: 'edge-rule-ratio', limit: 1.1, holds: '<=' },
  /** CPU of a cached read with an API key, divided by that with a token. */
  edgeApiKey: { name: 'edge-api-key-ratio', limit: 1.05, holds: '<=' },
  /** CPU of a cached read with one request in a hundred recorded as spans, divided by that without tracing. */
  edgeTracedRead: { name: 'edge-traced-read-ratio', limit: 1.03, holds: '<=' },
  /** The same of a document that is not stored. */
  edgeTracedMiss: { name: 'edge-traced-miss-ratio', limit: 1.03, holds: '<=' },
  /** CPU of hono with jose, which check the token of each request, divided by that of a cached read. */
  edgeAgainstJose: { name: 'edge-times-less-than-jose', limit: 1.9, holds: '>=' },
  /** CPU of a request that is shed, divided by that of a constant Worker that is sent the same. */
  edgeShed: { name: 'edge-shed-ratio', limit: 1.15, holds: '<=' },
  /** CPU of a read that is shed, divided by that of a constant Worker that is sent the same. */
  edgeShedRead: { name: 'edge-shed-read-ratio', limit: 1.3, holds: '<=' },
  /** CPU of a list that is not stored, divided by that of a Worker that only forwards it. */
  edgeListMiss: { name: 'edge-list-miss-ratio', limit: 1.7, holds: '<=' },
  /** CPU of a document that is not stored, divided by that of a Worker that only forwards it. */
  edgeDocumentMiss: { name: 'edge-document-miss-ratio', limit: 1.5, holds: '<=' },
  /** CPU of a write, divided by that of a Worker that only forwards it. */
  edgeWrite: { name: 'edge-write-ratio', limit: 1.4, holds: '<=' },
  /**
   * CPU of a list, a document or a write that goes through, the worst, divided by that of hono with jose and its proxy.
   */
  edgeAgainstProxy: { name: 'edge-times-hono-jose-proxy', limit: 1, holds: '<=' },

  /**
   * Memory of the edge's isolate that is live after GC, with full caches, MB. Cloudflare ends an isolate that needs
   * more than 128 MB; what is left holds the requests in flight and what GC has not collected yet.
   */
  edgeHeap: { name: 'edge-heap-mb', limit: 96, holds: '<=' },

  /** Resident memory of the edge during an export of a million rows, peak minus start, MB. */
  exportGrowth: { name: 'export-edge-memory-growth-mb', limit: 64, holds: '<=' },
  /**
   * Memory of the origin that is live after GC during an export of a million rows, minus that before the first export,
   * MB. Two pages of text and documents are a megabyte; most of the rest is compiled code. Resident memory is reported,
   * too, but has no limit: V8 lets the young generation grow with the machine's memory. A semi-space of 4 MB would not
   * help, since the same objects would be promoted to the old generation.
   */
  exportLiveGrowth: { name: 'export-origin-live-growth-mb', limit: 16, holds: '<=' },
  /** From a caller's leaving an export in the middle until the database is still and the place is free, ms. */
  exportFreed: { name: 'export-freed-ms', limit: 1_000, holds: '<=' },

  /** Requests that are not served while the origin is idle: one line for each shape of a burst. */
  burstsRefused: { name: 'bursts-refused', limit: 0, holds: '<=' },

  /** Reads of distinct places by 200 clients that `npm start` does not serve. */
  laptopRefused: { name: 'laptop-refused', limit: 0, holds: '<=' },
  /** Reads/s of `npm start` over those of the same bundle in a bare workerd: one line for each kind of read. */
  laptopThroughput: { name: 'laptop-throughput-ratio', limit: 0.5, holds: '>=' },

  /**
   * Requests that fail, or are shed beyond the share of before, while releases migrate documents and are rolled back.
   */
  evolveErrors: { name: 'evolve-errors', limit: 0, holds: '<=' },
  /** p99 in the worst phase of a release, divided by that of before. */
  evolveLatency: { name: 'evolve-p99-times-before', limit: 2, holds: '<=' },
  /** Lists with other documents, or in another order, than the writes before them say. */
  evolveWrongLists: { name: 'evolve-wrong-lists', limit: 0, holds: '<=' },
  /** Whole lists that were compared after writes through each release, so that the line above says something. */
  evolveLists: { name: 'evolve-lists-compared', limit: 200, holds: '>=' },

  /** Success of reads with a stored answer while the origin is dead. */
  outageStoredReads: { name: 'outage-stored-reads-percent', limit: 100, holds: '>=' },
  /** Answers that were older than their stale-if-error allows. */
  outageTooStale: { name: 'outage-too-stale', limit: 0, holds: '<=' },
  /** From the origin's return to full service. */
  outageRecovery: { name: 'outage-recovery-seconds', limit: 5, holds: '<=' },

  /** Elections that a run of ten minutes of the fault suite goes through; less in proportion for a shorter one. */
  faultsPrimaryChanges: { name: 'faults-primary-changes', limit: 100, holds: '>=' },
  /** Origins killed in it. */
  faultsOriginKills: { name: 'faults-origin-kills', limit: 50, holds: '>=' },
  /** Acknowledged writes that the database does not have. */
  faultsLost: { name: 'faults-lost', limit: 0, holds: '<=' },
  /** Requests that the database applied twice. */
  faultsDoubled: { name: 'faults-doubled', limit: 0, holds: '<=' },
  /** Answers that are not so. */
  faultsUntrue: { name: 'faults-untrue', limit: 0, holds: '<=' },
  /** Answers older than the contract and the consistency token allow. */
  faultsStale: { name: 'faults-stale', limit: 0, holds: '<=' },
  /** Requests without an answer, and commands that an idle origin still waits for. */
  faultsHung: { name: 'faults-hung-commands', limit: 0, holds: '<=' },
  /** Origins that did not end with code 0 when they were asked to. */
  faultsUncleanEnds: { name: 'faults-unclean-sigterms', limit: 0, holds: '<=' },
  /** Answers that no order of the writes explains. */
  faultsNotLinearizable: { name: 'faults-not-linearizable', limit: 0, holds: '<=' },
  /** From the end of a single fault to the first second without a failure. */
  faultsRecovery: { name: 'faults-slowest-recovery-seconds', limit: 5, holds: '<=' },

  /** Acknowledged writes that the database has not, after all incidents of a game day. */
  gamedayLost: { name: 'gameday-lost-writes', limit: 0, holds: '<=' },
  /** Other answers that were not true. */
  gamedayUntrue: { name: 'gameday-untrue-answers', limit: 0, holds: '<=' },
  /** Incidents after which the service took longer to recover than its own limit. */
  gamedayLate: { name: 'gameday-late-recoveries', limit: 0, holds: '<=' },
  /** Incidents whose cause `npm run why` did not name. */
  gamedayUnnamed: { name: 'gameday-unnamed-causes', limit: 0, holds: '<=' },

  /** Rounds of a mistake and its mending in a resource's file, after which both tiers run what the file says. */
  reloadRounds: { name: 'reload-rounds', limit: 50, holds: '>=' },

  /** The longest that anyone who was admitted took in the simulated spike, answered or not. */
  simulatedLongest: { name: 'simulated-spike-longest-ms', limit: 1_000, holds: '<=' },
  /** Success of critical requests in it. */
  simulatedCritical: { name: 'simulated-spike-critical-percent', limit: 99.9, holds: '>=' },
  /** Cost of a million requests of it by API Gateway, Lambda and DocumentDB, over ours. */
  simulatedCost: { name: 'simulated-spike-times-cheaper-than-lambda', limit: 5, holds: '>=' },
  /** Database connections if every pool is full, at the worst second of all scenarios, minus the budget. */
  simulatedConnections: { name: 'simulated-connections-over-budget', limit: 0, holds: '<=' },
  /** Worst difference of simulated from measured goodput over the levels of overload. */
  simulatedGoodputError: { name: 'simulated-goodput-error-percent', limit: 10, holds: '<=' },
  /** The same of p99 of what is admitted. */
  simulatedLatencyError: { name: 'simulated-p99-error-percent', limit: 25, holds: '<=' },

  /** Rate at which the simulator sees a tier full on a path with a real connector, off the measured one: a line a case. */
  tunnelRateError: { name: 'tunnel-full-rate-error-percent', limit: 15, holds: '<=' },
  /** Runs in which another tier was full than the one that the simulator named: a line a case. */
  tunnelMisnamed: { name: 'tunnel-other-tier-full', limit: 0, holds: '<=' },

  /** Spike of the story, first design in a VPC of the time: share of errors at the peak. It is to fall as it fell. */
  storyFirstErrors: { name: 'story-first-design-errors-percent', limit: 50, holds: '>=' },
  /** Its longest answer, ms. */
  storyFirstLatency: { name: 'story-first-design-longest-ms', limit: 10_000, holds: '>=' },
  /** Its database connections, as a share of all that the database allows. */
  storyFirstConnections: { name: 'story-first-design-connections-share', limit: 1, holds: '>=' },
  /** Spillway in the same spike: p99 of what is admitted, in the worst second of the peak. */
  storyAdmitted: { name: 'story-admitted-p99-ms', limit: 500, holds: '<=' },
  /** Its requests without a good answer in the worst second, the climb to the peak included, %. */
  storyWorstSecond: { name: 'story-worst-second-percent', limit: 10, holds: '<=' },
  /** Its critical requests that were refused or failed. */
  storyCritical: { name: 'story-critical-lost', limit: 0, holds: '<=' },
  /** From the start of the peak until goodput stays at 90 % of what it comes to, s. */
  storySteady: { name: 'story-steady-seconds', limit: 3, holds: '<=' },
  /** Its goodput at the peak over that of the first design. */
  storyGoodput: { name: 'story-goodput-times', limit: 10, holds: '>=' },
  /** Its database connections at the worst sample, minus its budget. */
  storyConnections: { name: 'story-connections-over-budget', limit: 0, holds: '<=' },

  /**
   * CPU µs a request of the best peer over Spillway's, whole stack each (edge, server, database), 90/10 reads and
   * writes.
   */
  peersCpu: { name: 'peers-cpu-times-fewer', limit: 3.5, holds: '>=' },

  /**
   * p99 of the whole path, 90/10 reads and writes in a closed loop, over that of the best peer: 16, 64 and 256
   * connections.
   */
  tail16: { name: 'tail-p99-ratio-16', limit: 1, holds: '<=' },
  tail64: { name: 'tail-p99-ratio-64', limit: 1, holds: '<=' },
  tail256: { name: 'tail-p99-ratio-256', limit: 1, holds: '<=' },
} as const satisfies Readonly<Record<string, Bar>>

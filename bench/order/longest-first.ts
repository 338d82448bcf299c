import { join } from 'node:path'
import { root } from '@spillway/origin/dev/folders'
import { BaseSequencer, type TestSpecification } from 'vitest/node'

/** Test files that take longest on two cores, 15 s to two minutes, the longest of each project first. */
export const longest: readonly string[] = [
  'bench/system/marketplace.test.ts',
  'bench/system/faults.test.ts',
  'bench/system/start.test.ts',
  'bench/system/api-keys.test.ts',
  'bench/system/designs.test.ts',
  'bench/system/compose.test.ts',
  'bench/simulate/simulation.test.ts',
  'bench/simulate/process/process.test.ts',
  'edge/test/api-keys.test.ts',
  'edge/test/shedding.test.ts',
  'edge/test/repeats.test.ts',
  'infra/test/keys.test.ts',
  'infra/test/slo-stage.test.ts',
  'origin/test/events/feed.test.ts',
  'origin/test/events/kills.test.ts',
  'origin/test/process.test.ts',
  'origin/test/store/model.test.ts',
  'origin/test/migrate.test.ts',
  'origin/test/history/erase-command.test.ts',
  'origin/dev/mongod.test.ts',
  'origin/test/adopt/faults.test.ts',
  'origin/test/store/index-job.test.ts',
]

/** A file of a run, by what its place depends on. */
export interface Ordered {
  readonly project: string
  /** Path from the root. */
  readonly file: string
}

/** Moves the longest files of each project to its front; the order of the others and of the projects stays. */
export function longestFirst<Item>(items: readonly Item[], of: (item: Item) => Ordered): Item[] {
  const rankOf = (file: string) => {
    const rank = longest.indexOf(file)
    return rank === -1 ? longest.length : rank
  }
  const byProject = Map.groupBy(items, (item) => of(item).project)
  return [...byProject.values()].flatMap((ones) =>
    ones.toSorted((a, b) => rankOf(of(a).file) - rankOf(of(b).file)),
  )
}

/**
 * Order of the test files. Vitest's own, without an earlier run, is by size: a short file that starts a whole stack
 * would begin last and then run alone.
 */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    return longestFirst(await super.sort(files), ({ project, moduleId }) => ({
      project: project.name,
      file: moduleId.slice(join(root, '/').length),
    }))
  }
}

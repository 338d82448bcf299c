import { isTest } from './import-directions.ts'

/** Lines of a file from which on it must be split. */
const linesMax = 400

/**
 * Source files of more than 400 lines, tests excepted.
 *
 * @param files paths from the root
 * @returns a line each: `origin/src/store/records.ts has 412 lines`
 */
export function longFiles(files: readonly string[], read: (file: string) => string): readonly string[] {
  return files
    .filter((file) => !isTest(file))
    .map((file) => ({ file, lines: read(file).split('\n').length - 1 }))
    .filter(({ lines }) => lines > linesMax)
    .map(({ file, lines }) => `${file} has ${lines} lines`)
}

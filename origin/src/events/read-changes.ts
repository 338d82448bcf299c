import type { Db } from 'mongodb'
import { type Change, ChangeLog } from '../store/change-log.ts'
import type { CommandBounds } from '../store/command-bounds.ts'

/** Reads the log of changes of all resources. Everything that follows the log reads it through this. */
export interface ReadChanges {
  /** Entries of all resources after a position, in order. A full page may have successors. */
  changesAfter(position: number, limit: number): Promise<readonly Change[]>
  /** Entries of one resource after a position, in order. */
  changesOf(resource: string, position: number, limit: number): Promise<readonly Change[]>
  /** The position of the last entry; 0 for an empty log. */
  lastPosition(): Promise<number>
}

/** @throws {Error} from each, if the database does not answer in time */
export function readChanges(db: Db, bounds: CommandBounds): ReadChanges {
  const log = new ChangeLog(db, bounds)
  return {
    changesAfter: (position, limit) => log.allAfter(position, limit),
    changesOf: (resource, position, limit) => log.after(resource, position, limit),
    lastPosition: async () => (await log.last())?._id ?? 0,
  }
}

import type { Catalogue } from '@spillway/origin/contract'
import { bsonTypeOf } from './bson-type.ts'
import { RecordLayout } from './record-layout.ts'

/** Layouts by the names of their resources; a resource of Spillway's own layout has none. */
export type Layouts = ReadonlyMap<string, RecordLayout>

export const noLayouts: Layouts = new Map()

/** A stored value that the schema of its field cannot show. */
export interface Misfit {
  readonly resource: string
  /** The field. */
  readonly path: string
  /** Its BSON type, e.g. `string`; see {@link bsonTypeOf}. */
  readonly type: string
}

/** Compiles the layouts of an application. @param onMisfit called for every misfit that a read leaves out */
export function layoutsOf(catalogue: Catalogue, onMisfit: (misfit: Misfit) => void): Layouts {
  const layouts = new Map<string, RecordLayout>()
  for (const resource of catalogue.values()) {
    const { name, stored } = resource
    if (stored === undefined) continue
    layouts.set(
      name,
      new RecordLayout(resource, stored, (path, value) =>
        onMisfit({ resource: name, path, type: bsonTypeOf(value) }),
      ),
    )
  }
  return layouts
}

import type { View } from './catalogue.ts'
import { type Comparable, comparableAt, comparableOf } from './filter-type.ts'
import { oncePerView } from './once-per-view.ts'
import { fieldsIn, isRequiredAt } from './path.ts'
import { storedPath } from './stored-path.ts'

/** A field that lists can compare, by its name in a version. */
export interface QueryField extends Comparable {
  readonly name: string
  readonly path: string
  /** Whether every document has it. */
  readonly isRequired: boolean
}

/** Fields by which lists of the view can be filtered (`filter`) or sorted (`sort`), by the version's names. */
export const queryFields = (view: View, use: 'filter' | 'sort'): readonly QueryField[] => found[use](view)

const found = {
  filter: oncePerView((view) => findFields(view, 'filter')),
  sort: oncePerView((view) => findFields(view, 'sort')),
}

function findFields({ resource, representation }: View, use: 'filter' | 'sort'): readonly QueryField[] {
  const fields: QueryField[] = []
  for (const [name, schema] of fieldsIn(representation.schema)) {
    const path = storedPath(representation, name)
    if (path === undefined || !resource.query[use].includes(path)) continue
    const field = comparableAt(resource.schema, path)
    const shown = comparableOf(schema)
    if (field === undefined || shown?.type.kind !== field.type.kind || shown.isArray !== field.isArray)
      continue
    const type = resource.stored?.types?.[path] === 'uuid' ? ({ kind: 'uuid' } as const) : field.type
    fields.push({ name, path, ...field, type, isRequired: isRequiredAt(resource.schema, path) })
  }
  return use === 'sort' ? [...fields, idField] : fields
}

const idField: QueryField = {
  name: 'id',
  path: '_id',
  type: { kind: 'string' },
  isArray: false,
  isRequired: true,
}

import { anyone, type NamedClaims, namedClaims } from './access.ts'
import type { Catalogue } from './catalogue.ts'

/** Claims that the rules of an application read. Nothing else of a token need be carried from edge to origin. */
export const claimsOf = (catalogue: Catalogue): NamedClaims =>
  namedClaims(
    [...catalogue.values()].flatMap(
      ({ access, fieldAccess, actions, queries, export: exported, history }) => [
        ...Object.values(access),
        ...Object.values(fieldAccess.rules).flatMap(({ read, write }) => [read ?? anyone, write ?? anyone]),
        ...(exported === undefined ? [] : [exported.access]),
        ...(history === undefined ? [] : [history.read]),
        ...[...actions.values()].map((action) => action.access),
        ...[...queries.values()].map((query) => query.access),
      ],
    ),
  )

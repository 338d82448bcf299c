/**
 * Repetitions are interleaved: every round measures each subject once, so that disturbances of the machine (heat,
 * neighbours, a growing database) affect all subjects alike. The order rotates, so that none always follows the same
 * other one. Every second round is reversed, so that none is always the first of a pair.
 */
export function orderOfRound<Subject>(subjects: readonly Subject[], round: number): readonly Subject[] {
  const shift = subjects.length === 0 ? 0 : (round >> 1) % subjects.length
  const rotated = [...subjects.slice(shift), ...subjects.slice(0, shift)]
  return round % 2 === 0 ? rotated : rotated.reverse()
}

/** Runs `measure` once for each subject in each round, one after the other; samples come back in order of rounds. */
export async function interleave<Subject, Sample>(
  subjects: readonly Subject[],
  rounds: number,
  measure: (subject: Subject, round: number) => Promise<Sample>,
): Promise<ReadonlyMap<Subject, readonly Sample[]>> {
  const samples = new Map<Subject, Sample[]>(subjects.map((subject) => [subject, []]))
  for (let round = 0; round < rounds; round++) {
    for (const subject of orderOfRound(subjects, round)) {
      samples.get(subject)?.push(await measure(subject, round))
    }
  }
  return samples
}

import { expect, test } from 'vitest'
import { relieve } from '../../../services/relay/client-links.ts'

function links(...backlogs: readonly number[]) {
  const dropped: number[] = []
  const made = backlogs.map((backlog) => ({ backlog, drop: () => void dropped.push(backlog) }))
  return { made, dropped }
}

test('the slowest clients lose their links until what waits for the rest is within bounds', () => {
  const { made, dropped } = links(10, 50, 30, 20)
  relieve(made, 60)
  expect(dropped).toEqual([50])
  relieve(made, 29)
  expect(dropped).toEqual([50, 50, 30, 20])
})

test('nobody loses a link while what waits is within bounds', () => {
  const { made, dropped } = links(10, 50)
  relieve(made, 60)
  expect(dropped).toEqual([])
})

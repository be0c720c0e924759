import fc from 'fast-check'
import { expect, it } from 'vitest'
import { firstGuess } from '../../../../services/market/placement/first-guess.ts'
import { anyWorld, brokenBy, candidatesIn } from './worlds.ts'

it.each(['whole', 'divided'] as const)(
  'a greedy plan keeps every row of %s hosts, whatever is offered and wanted',
  (hosts) => {
    fc.assert(
      fc.property(anyWorld({ models: 3, hosts: 12 }), (world) => {
        const candidates = candidatesIn(world)
        expect(brokenBy(firstGuess(candidates), candidates, hosts)).toEqual([])
      })
    )
  }
)

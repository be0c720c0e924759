import { describe, expect, it } from 'vitest'
import { createSessionClock } from '../../../attestation/session/clock.ts'

describe('the session clock', () => {
  it('follows a wall clock that is set forward, and not one that is set back', () => {
    let [wall, monotonic] = [1_000_000, 50]
    const now = createSessionClock({ wall: () => wall, monotonic: () => monotonic })
    expect(now()).toBe(1000)
    wall += 5000
    expect(now()).toBe(1005)
    wall -= 4000
    monotonic += 2000
    expect(now()).toBe(1007)
  })
})

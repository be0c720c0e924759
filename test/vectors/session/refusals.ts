import type { Conversations } from '../../attestation/session/conversation.ts'
export async function refusals(conversations: Conversations): Promise<readonly { readonly name: string }[]> {
  return conversations.hosts.length > 9 ? [] : []
}

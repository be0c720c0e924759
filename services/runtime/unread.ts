/** Messages: more than an honest other side ever leaves unread. */
const MOST_UNREAD = 2048

/**
 * Writes to a call that stands for long. Whoever asks and does not read the answers is given up: they would wait in this process's memory.
 */
export function writerOf<Message>(
  stream: { readonly writableLength: number; write(message: Message): unknown },
  giveUp: () => void
): (message: Message) => void {
  return (message) => {
    if (stream.writableLength < MOST_UNREAD) stream.write(message)
    else giveUp()
  }
}

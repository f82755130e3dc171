package conclave.server.transport;

/**
 * The four-letter words, as the client port needs them: the first four bytes of a connection are a
 * word or the length of a frame, and no frame is as long as a word's letters make.
 */
public interface Words {

  /** Whether these four bytes, as a big-endian int, are a word. */
  boolean knows(int letters);

  /**
   * What to answer; called on an event loop, must not block.
   *
   * @param rest the eight bytes behind the word as a long, 0 when they have not come
   */
  String answer(int letters, long rest);
}

package conclave.replica;

import java.util.ArrayList;
import java.util.List;

/** A connection that keeps what it was handed. */
final class RecordingClient implements Client {
  final List<Delivery> deliveries = new ArrayList<>();
  private final long sessionId;

  RecordingClient(long sessionId) {
    this.sessionId = sessionId;
  }

  @Override
  public void deliver(Delivery delivery) {
    deliveries.add(delivery);
  }

  @Override
  public long sessionId() {
    return sessionId;
  }

  /** The numbers of the requests that were answered, in order. */
  List<Integer> answered() {
    List<Integer> numbers = new ArrayList<>();
    for (Delivery delivery : deliveries) {
      if (delivery instanceof Submission submission) {
        numbers.add(submission.caller().cxid());
      }
    }
    return numbers;
  }

  boolean isHungUpOn() {
    return deliveries.stream().anyMatch(Delivery.Close.class::isInstance);
  }
}

package conclave.server.admin;

/**
 * The running count, sum, least and greatest of one thread's measurements, and on demand their
 * distribution.
 */
final class SummaryCells {

  private static final int COUNT = 0;
  private static final int SUM = 1;
  private static final int MIN = 2;
  private static final int MAX = 3;
  private static final int LAST = 4;
  private static final int FIRST_BUCKET = 5;

  private final Cells cells;

  SummaryCells(boolean percentiles) {
    cells = new Cells(percentiles ? FIRST_BUCKET + Buckets.COUNT : FIRST_BUCKET);
    clear();
  }

  void record(long value) {
    cells.add(SUM, value);
    if (value < cells.get(MIN)) {
      cells.set(MIN, value);
    }
    if (value > cells.get(MAX)) {
      cells.set(MAX, value);
    }
    cells.set(LAST, value);
    if (cells.size() > FIRST_BUCKET) {
      cells.add(FIRST_BUCKET + Buckets.of(value), 1);
    }
    cells.add(COUNT, 1);
  }

  void clear() {
    for (int i = 0; i < cells.size(); i++) {
      cells.set(i, 0);
    }
    cells.set(MIN, Long.MAX_VALUE);
    cells.set(MAX, Long.MIN_VALUE);
  }

  void addTo(SummaryValues.Builder total) {
    if (cells.get(COUNT) == 0) {
      return;
    }
    total.add(cells.get(COUNT), cells.get(SUM), cells.get(MIN), cells.get(MAX), cells.get(LAST));
    for (int i = FIRST_BUCKET; i < cells.size(); i++) {
      total.addBucket(i - FIRST_BUCKET, cells.get(i));
    }
  }
}

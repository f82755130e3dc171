package conclave.server.admin;

import java.math.BigDecimal;
import java.math.RoundingMode;

/** A summary of all threads at one moment. Without any measurement everything is zero. */
public record SummaryValues(
    long count,
    long sum,
    long min,
    long max,
    long last,
    long p50,
    long p90,
    long p95,
    long p99,
    long p999) {

  /** The mean with four digits behind the point, which is how Apache shows it. */
  public double average() {
    if (count == 0) {
      return 0;
    }
    return BigDecimal.valueOf(sum / (double) count).setScale(4, RoundingMode.HALF_UP).doubleValue();
  }

  /** Adds up what several threads have. */
  static final class Builder {

    private final long[] buckets = new long[Buckets.COUNT];
    private long count;
    private long sum;
    private long min = Long.MAX_VALUE;
    private long max = Long.MIN_VALUE;
    private long last;

    void add(long moreCount, long moreSum, long otherMin, long otherMax, long otherLast) {
      count += moreCount;
      sum += moreSum;
      min = Math.min(min, otherMin);
      max = Math.max(max, otherMax);
      last = otherLast;
    }

    void addBucket(int bucket, long amount) {
      buckets[bucket] += amount;
    }

    SummaryValues build() {
      if (count == 0) {
        return new SummaryValues(0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
      }
      return new SummaryValues(
          count,
          sum,
          min,
          max,
          last,
          percentile(0.5),
          percentile(0.9),
          percentile(0.95),
          percentile(0.99),
          percentile(0.999));
    }

    private long percentile(double fraction) {
      long inBuckets = 0;
      for (long amount : buckets) {
        inBuckets += amount;
      }
      long wanted = (long) Math.ceil(fraction * inBuckets);
      long seen = 0;
      for (int bucket = 0; bucket < buckets.length; bucket++) {
        seen += buckets[bucket];
        if (seen >= wanted && seen > 0) {
          return Math.max(min, Math.min(max, Buckets.lowest(bucket)));
        }
      }
      return 0;
    }
  }
}

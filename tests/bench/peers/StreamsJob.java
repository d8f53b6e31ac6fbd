import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Properties;
import java.util.concurrent.atomic.LongAdder;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.KeyValue;
import org.apache.kafka.streams.StoreQueryParameters;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.errors.StreamsUncaughtExceptionHandler.StreamThreadExceptionResponse;
import org.apache.kafka.streams.kstream.Consumed;
import org.apache.kafka.streams.kstream.Grouped;
import org.apache.kafka.streams.kstream.KStream;
import org.apache.kafka.streams.kstream.Materialized;
import org.apache.kafka.streams.kstream.TimeWindows;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.QueryableStoreTypes;
import org.apache.kafka.streams.state.Stores;
import org.apache.kafka.streams.state.WindowStore;

/**
 * Kafka Streams: StreamsJob BROKERS TOPIC-PREFIX EVENTS THREADS local|grouped
 * local: its best case. Each partition keeps cells of its own, which are merged when they are read: nothing goes back to Kafka.
 * grouped: as one would write it, grouped by department (over a repartition topic) and windowed.
 */
final class StreamsJob {
  private static final String STORE = "cells";
  /** Much, since nothing keeps the partitions' event times together: with less, a log that is read at full speed loses events. */
  private static final Duration GRACE = Duration.ofDays(30);
  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final LongAdder done = new LongAdder();

  private static final Serde<Peer.Event> EVENT = Serdes.serdeFrom(
      (topic, event) -> { throw new UnsupportedOperationException(); }, (topic, bytes) -> Peer.read(bytes));
  private static final Serde<Peer.Cell> CELL = Serdes.serdeFrom(
      (topic, cell) -> cell == null ? null : ByteBuffer.allocate(16).putLong(cell.count).putLong(cell.sum).array(),
      (topic, bytes) -> {
        if (bytes == null) return null;
        ByteBuffer buffer = ByteBuffer.wrap(bytes);
        Peer.Cell cell = new Peer.Cell();
        cell.add(buffer.getLong(), buffer.getLong());
        return cell;
      });

  private static final class CountLocally implements Processor<byte[], Peer.Event, Void, Void> {
    private KeyValueStore<String, Peer.Cell> store;

    @Override public void init(ProcessorContext<Void, Void> context) { store = context.getStateStore(STORE); }

    @Override public void process(Record<byte[], Peer.Event> record) {
      Peer.Event event = record.value();
      String key = event.timeMs / Peer.MINUTE_MS + "|" + event.department;
      Peer.Cell cell = store.get(key);
      if (cell == null) cell = new Peer.Cell();
      cell.add(1, event.size);
      store.put(key, cell);
      done.increment();
    }
  }

  private static void countLocally(StreamsBuilder builder, KStream<byte[], Peer.Event> events) {
    builder.addStateStore(Stores.keyValueStoreBuilder(Stores.persistentKeyValueStore(STORE), Serdes.String(), CELL).withCachingEnabled());
    events.process(CountLocally::new, STORE);
  }

  private static void countGrouped(KStream<byte[], Peer.Event> events) {
    events.map((key, event) -> KeyValue.pair(event.department, event.size)) // little goes through Kafka
        .groupByKey(Grouped.with("by-department", Serdes.String(), Serdes.Long()))
        .windowedBy(TimeWindows.ofSizeAndGrace(Duration.ofMinutes(1), GRACE))
        .aggregate(Peer.Cell::new, (department, size, cell) -> {
          cell.add(1, size);
          done.increment();
          return cell;
        }, Materialized.<String, Peer.Cell, WindowStore<Bytes, byte[]>>as(STORE).withKeySerde(Serdes.String()).withValueSerde(CELL)
            .withRetention(GRACE.plusDays(1)));
  }

  private static Properties settings(String brokers, String name, String threads) {
    Properties settings = new Properties();
    settings.put(StreamsConfig.APPLICATION_ID_CONFIG, name);
    settings.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, brokers);
    settings.put(StreamsConfig.NUM_STREAM_THREADS_CONFIG, threads);
    settings.put(StreamsConfig.STATE_DIR_CONFIG, System.getProperty("java.io.tmpdir"));
    settings.put(StreamsConfig.COMMIT_INTERVAL_MS_CONFIG, "1000");
    settings.put(StreamsConfig.STATESTORE_CACHE_MAX_BYTES_CONFIG, String.valueOf(64 << 20));
    settings.put(StreamsConfig.BUFFERED_RECORDS_PER_PARTITION_CONFIG, "10000");
    settings.put(StreamsConfig.consumerPrefix("auto.offset.reset"), "earliest");
    settings.put(StreamsConfig.consumerPrefix("max.poll.records"), "5000");
    settings.put(StreamsConfig.consumerPrefix("max.partition.fetch.bytes"), String.valueOf(8 << 20));
    settings.put(StreamsConfig.producerPrefix("linger.ms"), "20");
    settings.put(StreamsConfig.producerPrefix("batch.size"), String.valueOf(256 << 10));
    settings.put(StreamsConfig.producerPrefix("compression.type"), "lz4");
    return settings;
  }

  private static void awaitEvents(long events) throws InterruptedException {
    long before = -1, changedNs = System.nanoTime();
    for (long now; (now = done.sum()) < events; Thread.sleep(2)) {
      if (now != before) changedNs = System.nanoTime();
      before = now;
      if (System.nanoTime() - changedNs < PATIENCE.toNanos()) continue;
      System.err.printf("StreamsJob: %d of %d events, and no more since %d s%n", now, events, PATIENCE.toSeconds());
      System.exit(1);
    }
    Peer.end();
  }

  private static Peer.Cells cells(KafkaStreams streams, boolean local) {
    Peer.Cells cells = new Peer.Cells();
    if (local) {
      try (var all = streams.store(StoreQueryParameters.fromNameAndType(STORE, QueryableStoreTypes.<String, Peer.Cell>keyValueStore())).all()) {
        all.forEachRemaining(entry -> {
          int bar = entry.key.indexOf('|');
          cells.add(entry.key.substring(bar + 1), Long.parseLong(entry.key.substring(0, bar)), entry.value);
        });
      }
      return cells;
    }
    try (var all = streams.store(StoreQueryParameters.fromNameAndType(STORE, QueryableStoreTypes.<String, Peer.Cell>windowStore())).all()) {
      all.forEachRemaining(entry -> cells.add(entry.key.key(), entry.key.window().start() / Peer.MINUTE_MS, entry.value));
    }
    return cells;
  }

  public static void main(String[] arguments) throws Exception {
    boolean local = arguments[4].equals("local");
    StreamsBuilder builder = new StreamsBuilder();
    KStream<byte[], Peer.Event> events = builder.stream(Peer.topics(arguments[1]), Consumed.with(Serdes.ByteArray(), EVENT)
        .withTimestampExtractor((record, before) -> ((Peer.Event) record.value()).timeMs));
    if (local) countLocally(builder, events);
    else countGrouped(events);
    KafkaStreams streams = new KafkaStreams(builder.build(), settings(arguments[0], "peer-" + System.nanoTime(), arguments[3]));
    streams.setUncaughtExceptionHandler(error -> {
      error.printStackTrace();
      System.exit(1);
      return StreamThreadExceptionResponse.SHUTDOWN_CLIENT;
    });
    streams.start();
    awaitEvents(Long.parseLong(arguments[2]));
    cells(streams, local).print();
    streams.close(Duration.ofSeconds(10));
    System.exit(0);
  }

  private StreamsJob() { }
}

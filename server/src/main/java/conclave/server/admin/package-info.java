/**
 * What operators see: the four-letter words, and the numbers behind them.
 *
 * <p>Two front doors. {@link conclave.server.admin.FourLetterWords} turns a word and a {@link
 * conclave.server.admin.ServerView} into the text to answer. {@link
 * conclave.server.admin.ServerMetrics} hands out a {@link conclave.server.admin.Recorder} to each
 * thread that has something to count.
 */
@NullMarked
package conclave.server.admin;

import org.jspecify.annotations.NullMarked;

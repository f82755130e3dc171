/**
 * What applications build on znodes, ready to use: one small class for each recipe, on a {@link
 * conclave.client.ConclaveClient}. Every class says what it guarantees when its session is lost.
 */
@NullMarked
package conclave.recipes;

import org.jspecify.annotations.NullMarked;

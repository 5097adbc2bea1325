/* A tree of merges over groups of rows: the equal of hierarchy.py, where the formulas are. */

#ifndef MIXTURA_TREE_H
#define MIXTURA_TREE_H

#include <stddef.h>
#include <stdint.h>

/* Most dimensions of dense scatters. */
#define TREE_DIMENSIONS 8

/* Groups, of which a union takes the place of its first one.
   scatter: size x d x d, or size x d where not dense.
   typical: the sum of squares that the criterion lends to every group. */
typedef struct {
    ptrdiff_t size, d;
    int dense;
    double typical, *count, *mean, *scatter;
} Groups;

/* Merge all groups, the cheapest pair first. merges: (size - 1) x 2, the first of the two the
   smaller number. Costs that differ by no more than tie are the same.
   costs: room for size x size; room: for 3 size; places: for 2 size.
   Gives 0 where a cost is no finite number: merges then end too early. */
int mixtura_merge(Groups *groups, double tie, double *costs, double *room, int64_t *places,
                  int64_t *merges);

#endif

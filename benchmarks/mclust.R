# The contestant of mclust.py: answers each line of input "FILE.csv LARGEST_K SHARES" with "SECONDS
# MODEL K BIC" of mclust's default search, in processor time; writes the responsibilities to the
# file SHARES if that is not empty. Fields are separated by tabs. R counts milliseconds, so that
# short searches are repeated until BRIEF seconds have passed.
BRIEF <- 0.05
used <- function() sum(proc.time()[1:2])
suppressMessages(library(mclust))
cat("mclust", as.character(packageVersion("mclust")), "\n")
flush(stdout())
input <- file("stdin", "r")
while (length(line <- readLines(input, 1)) > 0) {
  wanted <- strsplit(paste0(line, "\t."), "\t")[[1]]
  X <- data.matrix(read.csv(wanted[1]))
  invisible(gc())
  began <- used()
  count <- 0
  while (count == 0 || used() - began < BRIEF) {
    set.seed(1)
    fit <- Mclust(X, G = 1:as.integer(wanted[2]), verbose = FALSE)
    count <- count + 1
  }
  seconds <- (used() - began) / count
  if (nchar(wanted[3])) {
    shares <- if (fit$G == 1) matrix(1, nrow(X), 1) else fit$z
    write.table(format(shares, digits = 17), wanted[3], quote = FALSE, row.names = FALSE, col.names = FALSE)
  }
  cat(sprintf("%.6f\t%s\t%d\t%.6f\n", seconds, fit$modelName, fit$G, -fit$bic))
  flush(stdout())
}

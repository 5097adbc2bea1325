# The contestant of search.py: exports the data sets, then answers each line of input
# "NAME LARGEST_K" with "SECONDS MODEL K BIC" of mclust's default search.
suppressMessages(library(mclust))
data(diabetes); data(thyroid); data(wreath)
set.seed(1)
centres <- matrix(c(0, 0, 4, 1, 1, 5), ncol = 2, byrow = TRUE)
group <- sample(3, 20000, replace = TRUE)
tables <- list(
  faithful = faithful, iris = iris[, 1:4], diabetes = diabetes[, -1], thyroid = thyroid[, -1],
  wreath = wreath, "three clouds" = centres[group, ] + matrix(rnorm(40000), ncol = 2)
)
folder <- commandArgs(trailingOnly = TRUE)[1]
for (name in names(tables)) {
  write.csv(tables[[name]], file.path(folder, paste0(name, ".csv")), row.names = FALSE)
}
cat("mclust", as.character(packageVersion("mclust")), "\n")
flush(stdout())
input <- file("stdin", "r")
while (length(line <- readLines(input, 1)) > 0) {
  wanted <- strsplit(line, "\t")[[1]]
  X <- data.matrix(tables[[wanted[1]]])
  seconds <- system.time(fit <- Mclust(X, G = 1:as.integer(wanted[2]), verbose = FALSE))[["elapsed"]]
  cat(sprintf("%.4f\t%s\t%d\t%.6f\n", seconds, fit$modelName, fit$G, -fit$bic))
  flush(stdout())
}

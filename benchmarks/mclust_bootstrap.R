# The contestant of bootstrap.py: mclust_bootstrap.R NAME MODEL LARGEST_K FILE.csv writes the table
# to the file, and prints, for each k, processor seconds of the whole test, samples, ratio, p-value,
# and the median and the 0.9 quantile of the samples' ratios.
suppressMessages(library(mclust))
library(MASS)
data(acidity)
wanted <- commandArgs(trailingOnly = TRUE)
tables <- list(
  faithful = faithful, iris = iris[, 1:4], waiting = faithful[, "waiting", drop = FALSE],
  acidity = data.frame(acidity = as.numeric(acidity)), galaxies = data.frame(velocity = galaxies / 1000)
)
X <- data.matrix(tables[[wanted[1]]])
write.csv(X, wanted[4], row.names = FALSE)
set.seed(1)
largest <- as.integer(wanted[3])
time <- system.time(test <- mclustBootstrapLRT(
  X, modelName = wanted[2], nboot = 99, maxG = largest, level = 1, verbose = FALSE
))
seconds <- time[["user.self"]] + time[["sys.self"]]
for (k in 1:largest) {
  ratios <- test$boot[, k]
  cat(seconds, length(ratios), test$obs[k], test$p.value[k], quantile(ratios, c(0.5, 0.9)), "\n")
}
cat("mclust", as.character(packageVersion("mclust")), "\n")

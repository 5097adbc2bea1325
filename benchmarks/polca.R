# The contestant of latent_classes.py: polca.R TABLE.csv K CLASSES.csv fits K classes to the rows,
# whose levels are 1, 2, ..., writes the class of each row, and prints processor seconds, the
# log-likelihood and the version. polca.R election TABLE.csv writes a table that comes with it.
suppressMessages(library(poLCA))
wanted <- commandArgs(trailingOnly = TRUE)
if (wanted[1] == "election") {
  data(election)
  answers <- election[, 1:12]
  write.csv(data.matrix(answers[complete.cases(answers), ]) - 1, wanted[2], row.names = FALSE)
} else {
  X <- read.csv(wanted[1])
  formula <- as.formula(paste0("cbind(", paste(names(X), collapse = ","), ") ~ 1"))
  set.seed(1)
  time <- system.time(fit <- poLCA(
    formula, X, nclass = as.integer(wanted[2]), nrep = 20, maxiter = 10000, calc.se = FALSE,
    verbose = FALSE
  ))
  write.table(fit$predclass, wanted[3], row.names = FALSE, col.names = FALSE)
  cat(time[["user.self"]] + time[["sys.self"]], format(fit$llik, digits = 15), "\n")
  cat("poLCA", as.character(packageVersion("poLCA")), "\n")
}
